import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Everything ends up below graphiql/, reached by relative URLs, so that the page works behind a path prefix too.
export default defineConfig({
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    assetsDir: 'graphiql',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 5000, // the editor
    license: { fileName: 'graphiql/licenses.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // GraphiQL is compiled with React's compiler; its "use no memo" marks mean nothing after that.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
});
