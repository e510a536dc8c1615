import '../../../src/renderer/zod-jitless.ts';
import '../../../src/renderer/theme/tokens.css';
import '../../../src/renderer/theme/base.css';
import { createRoot } from 'react-dom/client';
import { connect, type Emit, memoryPorts, serve } from '../../../src/contract/index.ts';
import { App } from '../../../src/renderer/app/App.tsx';
import { createDesk } from '../../../src/renderer/desk.ts';
import { startTheme } from '../../../src/renderer/theme/theme.ts';
import { type FakeDesk, fakeDesk } from '../fake-desk.ts';

declare global {
  interface Window {
    /** The service behind the page, for tests. */
    fake: FakeDesk;
    lose: () => void;
    signOut: () => void;
  }
}

const wanted = new URLSearchParams(window.location.search);
const managedBy = wanted.has('file') ? ('file' as const) : ('settings' as const);
const [deskEnd, gateEnd] = memoryPorts();
const line: { emit: Emit } = { emit: () => undefined };
window.fake = fakeDesk(Date.now(), () => line.emit, {
  empty: wanted.has('empty'),
  managedBy,
  problems: wanted.has('problems'),
  givenUp: wanted.has('givenup'),
  sequences: wanted.has('sequences'),
  seal: wanted.get('seal'),
  asking: wanted.has('asking'),
  keychain: wanted.has('keychain'),
});
line.emit = serve(gateEnd, window.fake.handlers);

const desk = createDesk();
desk.opened(connect(deskEnd));
window.lose = () => desk.closed('lost');
window.signOut = () => desk.closed('no_session');

startTheme();
const root = document.getElementById('root');
if (root) createRoot(root).render(<App desk={desk} />);
