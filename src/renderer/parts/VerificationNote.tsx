import type { Verification } from '../../contract/index.ts';
import { plural } from './format.ts';
import { InfoNote } from './Notes.tsx';
import styles from './VerificationNote.module.css';

/** What the verifier says of a journal. */
export function VerificationNote({ verification }: { readonly verification: Verification }) {
  const { ok, findings } = verification;
  return (
    <div role="status">
      <InfoNote tone={ok ? 'allow' : 'error'}>
        <p className={styles.said}>
          {ok ? 'The journal is whole: nothing was changed, removed or reordered.' : 'The journal does not verify.'}
        </p>
        <p className={styles.facts}>
          {plural(verification.records, 'record')}, {plural(verification.checkpoints, 'signed checkpoint')} ·{' '}
          {verification.sealedToTheEnd ? 'sealed to the end' : 'the last records are not yet under a signed checkpoint'}
          {verification.keyFingerprint !== null && (
            <>
              {' '}
              · key <code>{verification.keyFingerprint}</code>
            </>
          )}
        </p>
        <p className={styles.facts}>
          head <code>{verification.headHash}</code>
        </p>
        {findings.length > 0 && (
          <ul className={styles.findings}>
            {findings.map((finding) => (
              <li key={`${finding.code} ${finding.record} ${finding.message}`}>
                {finding.record !== null && <strong>Record {finding.record}: </strong>}
                {finding.message} <code>{finding.code}</code>
              </li>
            ))}
          </ul>
        )}
      </InfoNote>
    </div>
  );
}
