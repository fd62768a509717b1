'use strict';

/** The files of a small Vite + React project: `{ path, content }` each, paths below the project's folder. */
function projectFiles(projectName, typescript) {
  const ext = typescript ? 'tsx' : 'jsx';
  const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
  const files = [
    ['package.json', json(manifest(projectName, typescript))],
    ['index.html', page(projectName, ext)],
    [`vite.config.${typescript ? 'ts' : 'js'}`, viteConfig],
    [`src/main.${ext}`, main(ext, typescript)],
    [`src/App.${ext}`, app(projectName)],
    ['src/App.css', css],
    ['.gitignore', 'node_modules\ndist\n'],
    ['README.md', `# ${projectName}\n\n\`npm install\`, then \`npm run dev\`.\n`],
  ];
  if (typescript) files.push(['tsconfig.json', json(tsconfig)]);
  return files.map(([path, content]) => ({ path, content }));
}

function manifest(name, typescript) {
  const types = { typescript: '^5.9.0', '@types/react': '^19.0.0', '@types/react-dom': '^19.0.0' };
  return {
    name,
    private: true,
    version: '0.1.0',
    type: 'module',
    scripts: { dev: 'vite', build: typescript ? 'tsc --noEmit && vite build' : 'vite build', preview: 'vite preview' },
    dependencies: { react: '^19.0.0', 'react-dom': '^19.0.0' },
    devDependencies: { vite: '^7.0.0', '@vitejs/plugin-react': '^5.0.0', ...(typescript ? types : {}) },
  };
}

const page = (name, ext) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${name}</title>
  </head>
  <body>
    <div id="root"></div>
    <script type="module" src="/src/main.${ext}"></script>
  </body>
</html>
`;

const viteConfig = `import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({ plugins: [react()] });
`;

const main = (ext, typescript) => `import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import App from './App.${ext}';

createRoot(document.getElementById('root')${typescript ? '!' : ''}).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
`;

const app = (name) => `import { useState } from 'react';

import './App.css';

export default function App() {
  const [count, setCount] = useState(0);
  return (
    <main>
      <h1>${name}</h1>
      <button onClick={() => setCount(count + 1)}>clicked {count} times</button>
    </main>
  );
}
`;

const css = `main {
  max-width: 40rem;
  margin: 4rem auto;
  font-family: system-ui, sans-serif;
}
`;

const tsconfig = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    jsx: 'react-jsx',
    module: 'ESNext',
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: ['vite/client'],
  },
  include: ['src'],
};

module.exports = { projectFiles };
