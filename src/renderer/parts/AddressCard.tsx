import type { AgentAddress } from '../../contract/index.ts';
import { CopyLines } from './CopyLines.tsx';

const keyPlace = '<key>';

/** What an agent is given to connect, in the forms it may want. */
export function AddressCard({ address, title }: { readonly address: AgentAddress; readonly title?: string }) {
  return (
    <CopyLines
      title={title ?? `Agent address: ${address.connection}`}
      label={title ?? `Address of ${address.connection}`}
      lines={[
        { name: 'URL', text: address.url },
        { name: 'psql', text: address.psql },
        { name: 'Claude Code', text: address.claude },
      ]}
    >
      {address.url.includes(keyPlace) && (
        <p>
          Put the agent’s key where it says <code>{keyPlace}</code>. The key was shown once, when the agent was made.
        </p>
      )}
    </CopyLines>
  );
}
