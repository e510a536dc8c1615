import { join } from 'node:path';
import { messageOf } from '../../contract/index.ts';
import { CopiedColumns, copiedColumnsFile } from '../../gateway/memory/copied-columns.ts';
import { checkCoveredColumns, coveredColumnsFile } from '../../gateway/memory/covered-columns.ts';
import { FoundColumns, foundColumnsFile } from '../../gateway/memory/found-columns.ts';
import { KnownTargets, knownTargetsFile } from '../../gateway/memory/known-targets.ts';
import type { TextStore } from '../../gateway/memory/text-store.ts';
import type { DataLayout } from '../desk/data-folder.ts';
import { isThrowAway, parseSettings, type SettingsText } from '../desk/settings-file.ts';
import type { KeeperOptions, SealKeeper } from './keeper.ts';
import { openKeeper, type SealHost } from './open-keeper.ts';
import { type Found, installationPlace, settingsName } from './place.ts';
import type { SealedState } from './sealed-state.ts';

/** The keeper of an installation's seal, open. Rejects with DeskError or GatewayError. */
export function openInstallationKeeper(
  layout: DataLayout,
  { seal, operator }: { readonly seal: SealHost; readonly operator: string },
): Promise<SealKeeper> {
  return openKeeper(seal, installationOptions(layout, operator));
}

/** What is sealed in an installation, and when it needs no seal. */
export function installationOptions(layout: DataLayout, operator: string): Omit<KeeperOptions, 'keychain'> {
  return {
    place: installationPlace(layout),
    operator,
    now: Date.now,
    managed: true,
    sealAtOnce: true,
    mayBeUnsealed: (texts) => holdsNothing(texts[settingsName] ?? null),
    fault: (texts) =>
      faultIn(() => parseSettings(texts[settingsName] ?? null, layout.settings)) ?? listsFault(layout, texts),
  };
}

/** What of a state is the settings. */
export function sealedSettings(state: SealedState): SettingsText {
  return { read: () => state.text(settingsName), write: (text) => state.write(settingsName, text) };
}

/** The gate's lists in a state, by file name. */
export function sealedStores(state: SealedState, { keys }: Pick<DataLayout, 'keys'>): (name: string) => TextStore {
  return (name) => ({
    path: join(keys, name),
    read: () => state.text(`keys/${name}`),
    write: (text) => state.write(`keys/${name}`, text),
  });
}

/** What makes one of the gate's lists unusable; null when nothing does. */
export function listsFault({ keys }: Pick<DataLayout, 'keys'>, texts: Found['texts']): string | null {
  const storeOf = (name: string): TextStore => ({
    path: join(keys, name),
    read: () => texts[`keys/${name}`] ?? null,
    write: () => undefined,
  });
  return (
    faultIn(() => new KnownTargets(storeOf(knownTargetsFile))) ??
    faultIn(() => new CopiedColumns(storeOf(copiedColumnsFile), Date.now)) ??
    faultIn(() => checkCoveredColumns(storeOf(coveredColumnsFile))) ??
    faultIn(() => new FoundColumns(storeOf(foundColumnsFile)))
  );
}

export function faultIn(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** Settings that cannot be read are not refused here: whoever opens them says what is wrong with them. */
function holdsNothing(text: string | null): boolean {
  try {
    return isThrowAway(parseSettings(text, settingsName));
  } catch {
    return true;
  }
}
