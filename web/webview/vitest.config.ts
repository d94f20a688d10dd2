import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  test: { include: ['src/**/*.test.ts'], environment: 'node', setupFiles: ['../ui/vitest.setup.ts'] },
  // The shared package is source, not built files: it goes through the same pipeline.
  ssr: { noExternal: ['@haubert/ui'] },
  resolve: { conditions: ['svelte', 'browser'] },
});
