import type { AgentAddress } from '../../contract/index.ts';
import styles from './AddressCard.module.css';
import { CopyButton } from './CopyButton.tsx';

const keyPlace = '<key>';

/** What an agent is given to connect, in the forms it may want, each with a button that copies it. */
export function AddressCard({ address, title }: { readonly address: AgentAddress; readonly title?: string }) {
  const lines = [
    { name: 'URL', text: address.url },
    { name: 'psql', text: address.psql },
    { name: 'Claude Code', text: address.claude },
  ];
  return (
    <section className={styles.card} aria-label={title ?? `Address of ${address.connection}`}>
      <h2 className={styles.title}>{title ?? `Agent address: ${address.connection}`}</h2>
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
      {address.url.includes(keyPlace) && (
        <p className={styles.note}>
          Put the agent’s key where it says <code>{keyPlace}</code>. The key was shown once, when the agent was made.
        </p>
      )}
    </section>
  );
}
