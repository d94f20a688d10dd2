import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type ProxyOptions } from 'vite';
import { fakeApi } from './dev/plugin.js';

// `HAUBERT_GATEWAY=https://127.0.0.1:8443 npm run dev -w webview` works on a running gateway; without it, on a pretended one.
const gateway = process.env['HAUBERT_GATEWAY'];
// The gateway refuses requests from other origins: the proxy speaks as its own page would.
const proxy: Record<string, ProxyOptions> = gateway ? { '/api': { target: gateway, secure: false, changeOrigin: true, headers: { origin: gateway } } } : {};

// The gateway serves dist/ under a strict content policy: nothing may be inlined, everything is hashed.
export default defineConfig({
  plugins: [svelte(), ...(gateway ? [] : [fakeApi()])],
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022', sourcemap: false },
  server: { host: '127.0.0.1', port: 5173, proxy },
  preview: { host: '127.0.0.1', port: 4173, proxy },
});
