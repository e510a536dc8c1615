import { useState } from 'react';
import { type GateEventKind, gateEventKind } from '../../../contract/index.ts';
import { useAction, useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { SelectField } from '../../parts/Field.tsx';
import { Empty, ErrorNote, InfoNote, Loading } from '../../parts/Notes.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { GateIcon, ShieldIcon } from '../../theme/icons.tsx';
import { SessionTabs } from '../sessions/SessionTabs.tsx';
import { GateEventRow } from './GateEventRow.tsx';
import { GateReport } from './GateReport.tsx';
import styles from './GateScreen.module.css';
import { GateVerificationNote } from './GateVerificationNote.tsx';
import { kindTitles } from './kinds.ts';

/** Events that are shown at first, and more with each step; the desk gives out no more than the last. */
const steps = [200, 500, 1000] as const;

type Filter = GateEventKind | 'all';

const filters: readonly { readonly value: Filter; readonly label: string }[] = [
  { value: 'all', label: 'Everything' },
  ...gateEventKind.options.map((value) => ({ value, label: kindTitles[value] })),
];

/** The gate's own journal: who was not let in, start and stop, what was set and by whom, who read journals. */
export function GateScreen() {
  const [step, setStep] = useState(0);
  const [kind, setKind] = useState<Filter>('all');
  const answer = useCall('gate.events', { limit: steps[step] ?? 1000 }, { keepPrevious: true });
  const verify = useAction('gate.verify');
  const events = (answer.data?.events ?? []).filter((event) => kind === 'all' || event.kind === kind);
  const damaged = answer.data?.damaged ?? [];

  return (
    <>
      <ScreenHead title="Gate" detail="what happened at the gate itself">
        <SessionTabs current="gate" />
      </ScreenHead>
      <div className={styles.panel}>
        <div className={styles.tools}>
          <SelectField<Filter> label="Show" hideLabel value={kind} options={filters} onChange={setKind} />
          <Button icon={<ShieldIcon size={14} />} busy={verify.isPending} onClick={() => verify.mutate({})}>
            Verify
          </Button>
          <GateReport />
        </div>
        <ErrorNote error={verify.error} />
        {verify.data && <GateVerificationNote verification={verify.data} />}
        {damaged.length > 0 && (
          <InfoNote tone="error">
            {damaged.join(', ')} can be read only in part. Verify to learn whether it was changed.
          </InfoNote>
        )}
        {answer.isPending && <Loading lines={8} label="Loading the gate’s journal" />}
        <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
        {answer.data && events.length === 0 && (
          <Empty icon={<GateIcon size={22} />} title={kind === 'all' ? 'Nothing yet' : 'Nothing of this kind'}>
            <p>Refused log-ins, changes of settings, and start and stop of the gate are shown here.</p>
          </Empty>
        )}
        {events.length > 0 && (
          <ol className={styles.list} aria-label="Events, newest first">
            {events.map((event) => (
              <GateEventRow key={event.id} event={event} />
            ))}
          </ol>
        )}
        {answer.data?.more && step < steps.length - 1 && (
          <Button className={styles.older} busy={answer.isFetching} onClick={() => setStep(step + 1)}>
            Show older
          </Button>
        )}
        {answer.data?.more && step === steps.length - 1 && (
          <InfoNote>Older events are in the report, and in the journals themselves.</InfoNote>
        )}
      </div>
    </>
  );
}
