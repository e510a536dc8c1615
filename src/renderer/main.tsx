import './zod-jitless.ts'; // first: before any schema is made
import './theme/tokens.css';
import './theme/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { startTheme } from './theme/theme.ts';
import { startDesk } from './transport.ts';

startTheme();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(<App desk={startDesk()} />);
