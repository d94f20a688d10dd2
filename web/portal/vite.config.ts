import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { fakeApi } from './dev/fake-api.ts';

export default defineConfig({
  plugins: [svelte(), fakeApi()],
  // What is shipped, looked at under the policy that the hub sends with it.
  preview: {
    headers: {
      'content-security-policy':
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    },
  },
  build: {
    target: 'es2022',
    // The hub's content security policy allows nothing inline: every asset stays a file of its own.
    assetsInlineLimit: 0,
    // Scripts are one file per page, styles are not: all of them together are small, and none comes late.
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
  },
});
