import type { TokenAddress } from '../../contract/index.ts';
import styles from './AddressCard.module.css';
import { CopyButton } from './CopyButton.tsx';

interface TokenCardProps {
  readonly connection: string;
  readonly address: TokenAddress;
}

/** Lines that connect with an access token instead of a key: nothing secret stands in them, nor in any file. */
export function TokenCard({ connection, address }: TokenCardProps) {
  const lines = [
    { name: 'Token', text: address.token },
    { name: 'psql', text: address.psql },
    { name: 'Claude Code', text: address.claude },
  ];
  const title = `With a token of ${address.provider}: ${connection}`;
  return (
    <section className={styles.card} aria-label={title}>
      <h2 className={styles.title}>{title}</h2>
      <dl className={styles.lines}>
        {lines.map(({ name, text }) => (
          <div key={name} className={styles.line}>
            <dt>{name}</dt>
            <dd className={styles.text}>
              <code>{text}</code>
            </dd>
            <dd>
              <CopyButton text={text} label={`Copy ${name}`} iconOnly />
            </dd>
          </div>
        ))}
      </dl>
      <p className={styles.note}>
        The token is got when the line runs, and is good for minutes. Where you are signed in here, the desk asks you
        each time.
      </p>
    </section>
  );
}
