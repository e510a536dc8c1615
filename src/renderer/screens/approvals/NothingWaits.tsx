import { useCall } from '../../data/query.ts';
import { AddressCard } from '../../parts/AddressCard.tsx';
import { Empty } from '../../parts/Notes.tsx';
import { ShieldIcon } from '../../theme/icons.tsx';
import styles from './NothingWaits.module.css';

/** Nothing to decide: what this place is, and the address to give to an agent. */
export function NothingWaits() {
  const overview = useCall('desk.overview', {});
  const addresses = overview.data?.addresses ?? [];
  return (
    <Empty icon={<ShieldIcon size={22} />} title="Nothing waits for you">
      <p>
        Statements that a rule wants you to see stop here before they reach the database. You approve or deny each one;
        if nobody answers, it is denied.
      </p>
      {addresses.length > 0 ? (
        <div className={styles.addresses}>
          {addresses.map((address) => (
            <AddressCard key={`${address.connection} ${address.url}`} address={address} />
          ))}
        </div>
      ) : (
        <p>
          To begin, <a href="#/connections">add a connection</a> and <a href="#/connections/agents">an agent</a>.
        </p>
      )}
    </Empty>
  );
}
