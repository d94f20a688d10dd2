import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { fakeApi } from './dev/plugin.js';

// The gateway serves dist/ under a strict content policy: nothing may be inlined, everything is hashed.
export default defineConfig({
  plugins: [svelte(), fakeApi()],
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022', sourcemap: false },
  server: { host: '127.0.0.1', port: 5173 },
  preview: { host: '127.0.0.1', port: 4173 },
});
