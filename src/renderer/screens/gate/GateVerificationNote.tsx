import type { GateVerification } from '../../../contract/index.ts';
import { plural } from '../../parts/format.ts';
import { InfoNote } from '../../parts/Notes.tsx';
import { VerificationNote } from '../../parts/VerificationNote.tsx';
import styles from './GateScreen.module.css';

/** What the verifier says of all journals of the gate; of a faulty one, everything. */
export function GateVerificationNote({ verification: { ok, journals } }: { readonly verification: GateVerification }) {
  const records = journals.reduce((sum, { verification }) => sum + verification.records, 0);
  const open = journals.filter(({ live, verification }) => !live && !verification.sealedToTheEnd).length;
  if (ok) {
    return (
      <div role="status">
        <InfoNote tone="allow">
          The gate’s journals are whole: {plural(records, 'record')} in {plural(journals.length, 'journal')}, one for
          each start. Nothing was changed, removed or reordered.
          {open > 0 &&
            ` ${plural(open, 'journal was', 'journals were')} not closed (Postern was killed): records may be missing at the end.`}
        </InfoNote>
      </div>
    );
  }
  return (
    <>
      {journals
        .filter(({ verification }) => !verification.ok)
        .map(({ name, verification }) => (
          <section key={name} aria-label={name}>
            <h2 className={styles.faulty}>
              <code>{name}</code>
            </h2>
            <VerificationNote verification={verification} />
          </section>
        ))}
    </>
  );
}
