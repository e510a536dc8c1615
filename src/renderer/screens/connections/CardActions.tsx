import type { ReactNode } from 'react';
import { Button } from '../../parts/Button.tsx';
import styles from './Panel.module.css';

interface CardActionsProps {
  readonly testing: boolean;
  readonly readOnly: boolean;
  readonly onTest: () => void;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
  /** What stands before Test. */
  readonly children?: ReactNode;
}

/** What can be done with something that is configured: tested by anybody, changed where the desk may. */
export function CardActions({ testing, readOnly, onTest, onEdit, onRemove, children }: CardActionsProps) {
  return (
    <div className={styles.actions}>
      {children}
      <Button size="small" busy={testing} onClick={onTest}>
        Test
      </Button>
      {!readOnly && (
        <>
          <Button size="small" onClick={onEdit}>
            Edit
          </Button>
          <Button size="small" variant="danger" onClick={onRemove}>
            Remove
          </Button>
        </>
      )}
    </div>
  );
}
