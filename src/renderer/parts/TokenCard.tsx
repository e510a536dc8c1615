import type { TokenAddress } from '../../contract/index.ts';
import { CopyLines } from './CopyLines.tsx';

interface TokenCardProps {
  readonly connection: string;
  readonly address: TokenAddress;
}

/** Lines that connect with an access token instead of a key: nothing secret stands in them, nor in any file. */
export function TokenCard({ connection, address }: TokenCardProps) {
  return (
    <CopyLines
      title={`With a token of ${address.provider}: ${connection}`}
      lines={[
        { name: 'Token', text: address.token },
        { name: 'psql', text: address.psql },
        { name: 'Claude Code', text: address.claude },
      ]}
    >
      <p>
        The token is got when the line runs, and is good for minutes. Where you are signed in here, the desk asks you
        each time.
      </p>
    </CopyLines>
  );
}
