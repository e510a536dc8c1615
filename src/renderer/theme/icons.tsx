import type { ReactNode } from 'react';

/** An icon of the desk: 16 × 16, drawn in the current text colour, hidden from screen readers (the text beside it speaks). */
export interface IconProps {
  /** Edge length in pixels. */
  readonly size?: number;
  readonly className?: string | undefined;
}

function icon(name: string, paths: ReactNode, filled = false) {
  const Icon = ({ size = 16, className }: IconProps) => (
    <svg
      aria-hidden="true"
      focusable="false"
      className={className}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill={filled ? 'currentColor' : 'none'}
      stroke={filled ? 'none' : 'currentColor'}
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {paths}
    </svg>
  );
  Icon.displayName = `${name}Icon`;
  return Icon;
}

/** Postern's mark: a small gate in a wall. */
export const GateIcon = icon(
  'Gate',
  <path d="M2 14V6.5a6 6 0 0 1 12 0V14M5.5 14V7.5a2.5 2.5 0 0 1 5 0V14M8 10v1.2M1 14h14" />,
);
export const InboxIcon = icon('Inbox', <path d="M2 9.5 4 3.5h8l2 6V13H2V9.5Zm0 0h3.5a2.5 2.5 0 0 0 5 0H14" />);
export const TerminalIcon = icon('Terminal', <path d="M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10h3" />);
export const ReplayIcon = icon('Replay', <path d="M2.5 8a5.5 5.5 0 1 0 2-4.2M2.5 2.5v3h3M7 6l3 2-3 2Z" />);
export const MaskIcon = icon('Mask', <path d="M3.5 7V5.5a4.5 4.5 0 0 1 9 0V7M2.5 7h11v6.5h-11zM8 9.7v1.4" />);
export const PlugIcon = icon('Plug', <path d="M5.5 2v3.5m5-3.5v3.5M4 5.5h8v2a4 4 0 0 1-8 0zm4 6V14" />);
export const ReportIcon = icon('Report', <path d="M4 1.8h5.5L12.5 5v9.2H4zM9.3 2v3.2h3M6 8.2h4.5M6 10.7h4.5" />);
export const SettingsIcon = icon(
  'Settings',
  <>
    <path d="M2 4.5h6.5m3.5 0h2M2 11.5h2m3.5 0H14" />
    <circle cx="10.2" cy="4.5" r="1.7" />
    <circle cx="5.8" cy="11.5" r="1.7" />
  </>,
);
export const CheckIcon = icon('Check', <path d="m3 8.5 3.3 3.3L13 4.8" />);
export const CheckCircleIcon = icon(
  'CheckCircle',
  <>
    <circle cx="8" cy="8" r="6.2" />
    <path d="m5.3 8.2 1.9 1.9 3.6-4" />
  </>,
);
export const HandIcon = icon(
  'Hand',
  <>
    <circle cx="8" cy="8" r="6.2" />
    <path d="M6.3 5.5v5m3.4-5v5" />
  </>,
);
export const BlockIcon = icon(
  'Block',
  <>
    <circle cx="8" cy="8" r="6.2" />
    <path d="m3.8 3.8 8.4 8.4" />
  </>,
);
export const EndIcon = icon(
  'End',
  <path d="M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4zM5.8 5.8l4.4 4.4m0-4.4-4.4 4.4" />,
);
export const WarningIcon = icon('Warning', <path d="M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1" />);
export const InfoIcon = icon(
  'Info',
  <>
    <circle cx="8" cy="8" r="6.2" />
    <path d="M8 7.3v3.5M8 5v.1" />
  </>,
);
export const ClockIcon = icon(
  'Clock',
  <>
    <circle cx="8" cy="8" r="6.2" />
    <path d="M8 4.5V8l2.3 1.6" />
  </>,
);
export const CopyIcon = icon('Copy', <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />);
export const SearchIcon = icon(
  'Search',
  <>
    <circle cx="7" cy="7" r="4.5" />
    <path d="m10.4 10.4 3.4 3.4" />
  </>,
);
export const PlayIcon = icon('Play', <path d="M4.5 2.5v11l9-5.5z" />, true);
export const PauseIcon = icon('Pause', <path d="M4 2.5h3v11H4zM9 2.5h3v11H9z" />, true);
export const PreviousIcon = icon('Previous', <path d="M12.5 3.5 6 8l6.5 4.5zM3.5 3.5v9" />);
export const NextIcon = icon('Next', <path d="M3.5 3.5 10 8l-6.5 4.5zM12.5 3.5v9" />);
export const DownloadIcon = icon('Download', <path d="M8 2v8m0 0L4.8 6.8M8 10l3.2-3.2M2.5 13.5h11" />);
export const ShieldIcon = icon(
  'Shield',
  <path d="M8 1.8 13.3 4v4c0 3.2-2.2 5.3-5.3 6.3C4.9 13.3 2.7 11.2 2.7 8V4zM5.7 8l1.7 1.7 3-3.3" />,
);
export const PlusIcon = icon('Plus', <path d="M8 3v10M3 8h10" />);
export const TrashIcon = icon('Trash', <path d="M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.6 9h6.8l.6-9M6.8 7v4m2.4-4v4" />);
export const CloseIcon = icon('Close', <path d="m4 4 8 8m0-8-8 8" />);
export const BackIcon = icon('Back', <path d="M10 3 5 8l5 5" />);
export const ChevronIcon = icon('Chevron', <path d="m6 4 4 4-4 4" />);
export const KeyIcon = icon(
  'Key',
  <path d="M9.2 6.8a3.2 3.2 0 1 0-1.4 1.6L9 9.5h1.6v1.6h1.6v1.7h2.2v-2.2L9.2 6.8ZM5 5v.1" />,
);
export const DatabaseIcon = icon(
  'Database',
  <path d="M2.8 4c0-2.7 10.4-2.7 10.4 0v8c0 2.7-10.4 2.7-10.4 0zm0 0c0 2.7 10.4 2.7 10.4 0M2.8 8c0 2.7 10.4 2.7 10.4 0" />,
);
export const ArrowDownIcon = icon('ArrowDown', <path d="M8 3v10m0 0 4-4m-4 4L4 9" />);
export const UnplugIcon = icon(
  'Unplug',
  <path d="m2 2 12 12M5.5 3v2.5H4v2a4 4 0 0 0 6.6 3M10.5 2v3.5H12v2M8 11.5V14" />,
);
