import type { ConnectionView } from './connection.ts';
import { tooMighty } from './connection.ts';

/** One of the layers that keep masked values from an agent, and how far it goes on a connection. */
export interface MaskLayer {
  readonly name: 'Fence' | 'Session' | 'Decision' | 'Cells' | 'Text' | 'Net';
  readonly state: 'in_force' | 'partly' | 'off';
  readonly text: string;
}

type Config = ConnectionView['config'];

/** The layers of a connection, from the database outwards. */
export function maskLayers(config: Config): readonly MaskLayer[] {
  const { maskRules, policy } = config;
  const none = maskRules.length === 0;
  const observes = policy === 'observe';
  return [
    fenceLayer(config),
    {
      name: 'Session',
      state: observes ? 'off' : 'in_force',
      text: observes
        ? 'The preset observe lets a session change any of its settings.'
        : 'Settings that say who a session is, or switch a protection off, are refused, at start-up too.',
    },
    {
      name: 'Decision',
      state: none ? 'off' : observes ? 'partly' : 'in_force',
      text: none
        ? 'There is no mask rule to decide by.'
        : observes
          ? 'What cannot be masked is refused. Probes and copies are not asked about: the preset is observe.'
          : 'What cannot be masked is refused; probes and copies are judged by the level of their rule.',
    },
    {
      name: 'Cells',
      state: none ? 'off' : 'in_force',
      text: none
        ? 'There is no mask rule: every value passes.'
        : 'Values of masked columns, and whatever is made from them, are masked in every result.',
    },
    {
      name: 'Text',
      state: none ? 'off' : 'in_force',
      text: none
        ? 'Errors and notices pass as they are.'
        : 'Errors and notices of statements that may read masked columns lose what could be a value.',
    },
    netLayer(config),
  ];
}

function fenceLayer({ sessionRole }: Config): MaskLayer {
  switch (sessionRole.kind) {
    case 'configured':
      return {
        name: 'Fence',
        state: 'off',
        text: 'Sessions have all rights of the account: the database hides nothing.',
      };
    case 'set_role':
      return {
        name: 'Fence',
        state: 'partly',
        text: `Sessions have the rights of ${sessionRole.role}; those of the account are one SET ROLE away, which Postern refuses.`,
      };
    case 'just_in_time':
      return sessionRole.fence === 'masked'
        ? { name: 'Fence', state: 'in_force', text: 'The role of a session has no right to any masked column.' }
        : {
            name: 'Fence',
            state: 'partly',
            text: 'The role of a session has no right to withheld columns; masked ones are masked by Postern alone.',
          };
  }
}

function netLayer({ detectors: { action, overrides }, policy }: Config): MaskLayer {
  const actions = [action, ...Object.values(overrides)];
  const masks = actions.includes('mask');
  const asks = actions.includes('ask') && policy !== 'observe';
  if (masks || asks) {
    const what = masks
      ? 'What detectors recognise in columns without a rule is masked'
      : 'Columns in which detectors recognised something are asked about';
    return {
      name: 'Net',
      state: action === 'mask' ? 'in_force' : 'partly',
      text: `${what}, as far as the second net says so below.`,
    };
  }
  const reports = actions.some((one) => one !== 'off');
  return {
    name: 'Net',
    state: 'off',
    text: reports ? 'Detectors report what they recognise; nothing is kept back.' : 'Detectors are switched off.',
  };
}

/** What is to be known of the account behind a connection, whatever the layers. */
export interface AccountNote {
  readonly tone: 'info' | 'ask';
  readonly text: string;
}

/** Says of the account of a connection whether a proxy can hold it back at all; null when nothing speaks against it. */
export function accountNote({ config, account }: Pick<ConnectionView, 'config' | 'account'>): AccountNote | null {
  if (config.sessionRole.kind === 'just_in_time') return null;
  if (account === null) {
    return {
      tone: 'info',
      text: `What ${config.upstream.user} may do was not looked at since Postern started: test the connection. The credential of a superuser or an owner cannot be made safe by a proxy alone.`,
    };
  }
  const might = tooMighty(account);
  if (might === null) return null;
  return {
    tone: 'ask',
    text: `${account.role} ${might}. Such a credential cannot be made safe by a proxy alone: a function or an extension can do what no parser sees. Let sessions run as a role of their own, or take an account that can do no more than the agent may.`,
  };
}
