import { join } from 'node:path';
import { messageOf } from '../../contract/index.ts';
import { KnownTargets, type KnownTargetsStore, knownTargetsFile } from '../../gateway/known-targets.ts';
import type { DataLayout } from '../desk/data-folder.ts';
import { isThrowAway, parseSettings, type SettingsText } from '../desk/settings-file.ts';
import type { KeeperOptions, SealKeeper } from './keeper.ts';
import { openKeeper, type SealHost } from './open-keeper.ts';
import { type Found, installationPlace, settingsName, targetsName } from './place.ts';
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
      faultIn(() => parseSettings(texts[settingsName] ?? null, layout.settings)) ?? targetsFault(layout, texts),
  };
}

/** What of a state is the settings. */
export function sealedSettings(state: SealedState): SettingsText {
  return { read: () => state.text(settingsName), write: (text) => state.write(settingsName, text) };
}

/** What of a state is the list of known databases. */
export function sealedTargets(state: SealedState, { keys }: Pick<DataLayout, 'keys'>): KnownTargetsStore {
  return {
    path: join(keys, knownTargetsFile),
    read: () => state.text(targetsName),
    write: (text) => state.write(targetsName, text),
  };
}

/** What makes a list of known databases unusable; null when nothing does. */
export function targetsFault({ keys }: Pick<DataLayout, 'keys'>, texts: Found['texts']): string | null {
  const store = { path: join(keys, knownTargetsFile), read: () => texts[targetsName] ?? null, write: () => undefined };
  return faultIn(() => new KnownTargets(store));
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
