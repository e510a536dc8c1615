import type { ReactNode } from 'react';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import styles from './ConnectionDialog.module.css';

interface DraftDialogProps {
  readonly title: string;
  /** It was tried to go on, and fields say what is wrong with them. */
  readonly wrong: boolean;
  readonly testing: boolean;
  readonly saving: boolean;
  readonly onTest: () => void;
  readonly onSave: () => void;
  readonly onClose: () => void;
  /** What came of testing or saving. */
  readonly outcome: ReactNode;
  /** The fields. */
  readonly children: ReactNode;
}

/** A dialog for something that can be tested as typed, before it is saved. */
export function DraftDialog(props: DraftDialogProps) {
  const { title, wrong, testing, saving, onTest, onSave, onClose, outcome, children } = props;
  return (
    <Dialog
      title={title}
      width="wide"
      onClose={onClose}
      footer={
        <>
          {wrong && <span className={styles.wrong}>Some fields need another look.</span>}
          <Button busy={testing} onClick={onTest}>
            Test
          </Button>
          <Button variant="accent" busy={saving} onClick={onSave}>
            Save
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSave();
        }}
      >
        {children}
        <button type="submit" hidden>
          Save
        </button>
      </form>
      <div className={styles.result}>{outcome}</div>
    </Dialog>
  );
}
