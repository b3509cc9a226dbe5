import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './fonts.css';
import './style.css';
import './workers';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { loadConfig } from './config';
import { prefixedStorage } from './storage';

const root = document.getElementById('root')!;

try {
  const config = await loadConfig();
  createRoot(root).render(
    <StrictMode>
      <App config={config} storage={prefixedStorage('tiffin/')} />
    </StrictMode>,
  );
} catch (error) {
  const message = document.createElement('p');
  message.className = 'loading';
  message.role = 'alert';
  message.textContent = error instanceof Error ? error.message : String(error);
  root.replaceChildren(message);
}
