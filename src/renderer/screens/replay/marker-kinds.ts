import type { ComponentType } from 'react';
import type { Tone } from '../../parts/Chips.tsx';
import {
  BlockIcon,
  CheckCircleIcon,
  CheckIcon,
  HandIcon,
  type IconProps,
  MaskIcon,
  WarningIcon,
} from '../../theme/icons.tsx';
import type { Marker } from './timeline.ts';

/** How each kind of marker looks, in the list and on the seek bar. */
export const markerKinds: Record<
  Marker['kind'],
  { readonly tone: Tone; readonly icon: ComponentType<IconProps>; readonly label: string }
> = {
  allowed: { tone: 'allow', icon: CheckIcon, label: 'Allowed' },
  masked: { tone: 'mask', icon: MaskIcon, label: 'Masked' },
  held: { tone: 'ask', icon: HandIcon, label: 'Held' },
  approved: { tone: 'allow', icon: CheckCircleIcon, label: 'Approved' },
  denied: { tone: 'block', icon: BlockIcon, label: 'Denied' },
  refused: { tone: 'block', icon: BlockIcon, label: 'Refused' },
  error: { tone: 'end', icon: WarningIcon, label: 'Error' },
};
