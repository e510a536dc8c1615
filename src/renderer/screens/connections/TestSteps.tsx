import type { ConnectionTest } from '../../../contract/index.ts';
import { Steps } from '../../parts/Steps.tsx';

/** How far the test of a connection came. */
export function TestSteps({ result }: { readonly result: ConnectionTest }) {
  const { ok, steps, serverVersion, encrypted } = result;
  return (
    <Steps said={ok ? 'It works.' : 'It does not work yet.'} steps={steps}>
      {serverVersion !== null && (
        <p>
          PostgreSQL {serverVersion}, {encrypted ? 'encrypted' : 'not encrypted'}
        </p>
      )}
    </Steps>
  );
}
