import type { ConnectionView } from '../../../contract/index.ts';
import { routeHash } from '../../app/routes.ts';
import { useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { plural } from '../../parts/format.ts';
import { InfoNote } from '../../parts/Notes.tsx';
import { useDismissedNotices } from './dismissed-notices.ts';
import styles from './SuggestedRulesNote.module.css';

/**
 * Says how many columns of a connection without mask rules look personal, and leads to where they are masked in one click. Nothing
 * while the database cannot be asked, and never again once it was dismissed.
 */
export function SuggestedRulesNote({ view }: { readonly view: ConnectionView }) {
  const connection = view.config.name;
  const dismissed = useDismissedNotices(({ connections }) => connections.includes(connection));
  const dismiss = useDismissedNotices((notices) => notices.dismiss);
  const wanted = view.config.maskRules.length === 0 && view.credential !== 'needed' && !dismissed;
  const list = useCall('suggestions.list', { connection }, { enabled: wanted });
  const number = list.data?.suggestions.length ?? 0;
  if (!wanted || number === 0) return null;
  return (
    <InfoNote>
      <div className={styles.note}>
        <p className={styles.text}>
          {plural(number, 'column looks', 'columns look')} like personal data, and nothing is masked on {connection}.
        </p>
        <a href={routeHash({ screen: 'rules', connection })}>Review</a>
        <Button
          size="small"
          variant="quiet"
          aria-label={`Dismiss the suggestions for ${connection}`}
          onClick={() => dismiss(connection)}
        >
          Dismiss
        </Button>
      </div>
    </InfoNote>
  );
}
