import { TabLinks } from '../../parts/TabLinks.tsx';

/** Between the records of the sessions and that of the gate itself. */
export function SessionTabs({ current }: { readonly current: 'sessions' | 'gate' }) {
  return (
    <TabLinks
      label="Record"
      tabs={[
        { title: 'Agents', route: { screen: 'sessions', id: null }, current: current === 'sessions' },
        { title: 'Gate', route: { screen: 'gate' }, current: current === 'gate' },
      ]}
    />
  );
}
