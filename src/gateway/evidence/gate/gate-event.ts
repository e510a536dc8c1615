import { assertNever, type GateEvent } from '../../../contract/index.ts';
import type { JournalRecord, RecordBody } from '../../journal/records.ts';
import { counted } from '../words.ts';

type Said = Omit<GateEvent, 'id' | 'at'>;
type Body<T extends RecordBody['type']> = Extract<RecordBody, { type: T }>;

/** An entry of the gate's own journal in words; null for what belongs into a session's. */
export function gateEventOf({ seq, time, body }: JournalRecord, journal: string): GateEvent | null {
  const said = saidOf(body);
  return said === null ? null : { id: `${journal}:${seq}`, at: time, ...said };
}

function saidOf(body: RecordBody): Said | null {
  switch (body.type) {
    case 'gate_start': {
      const where = body.listeners.length === 0 ? 'nowhere' : body.listeners.join(', ');
      return plain('gate', 'Gate started', `Version ${body.version}, listening on ${where}.`, body.operatingSystemUser);
    }
    case 'gate_stop':
      return plain('gate', 'Gate stopped', sentence(body.reason));
    case 'login_refused':
      return refusal(body);
    case 'cancel_refused':
      return alarm(
        'Cancel request refused',
        `Its key is nobody’s (process ${body.processId}).${body.unread > 0 ? ` ${counted(body.unread, 'more was', 'more were')} turned away before it unread.` : ''}`,
        body.clientAddress,
      );
    case 'refusals_counted':
      return alarm(
        `${counted(totalOf(body), 'more refusal')}`,
        countedText(body),
        body.clientAddress ?? 'several addresses',
      );
    case 'settings_changed':
      return plain('settings', 'Settings changed', sentence(body.what), body.by);
    case 'seal':
      return seal(body);
    case 'credential':
      return credential(body);
    case 'sign_in':
      return signIn(body);
    case 'target_doubted':
      return { ...plain('target', `Database of ${body.connection} doubted`, sentence(body.reason)), alarm: true };
    case 'journal_read':
      return {
        ...plain('journal', `${ofWhat(body)} ${body.how}`, '', body.by),
        sessionId: body.sessionId,
      };
    case 'retry':
      return decision(body, `Retry ${retryWords[body.event]}`);
    case 'sequence':
      return decision(body, `Whole ${body.kind} ${body.event}`);
    case 'session_start':
    case 'statement':
    case 'hold':
    case 'decision':
    case 'result':
    case 'rows':
    case 'notice':
    case 'outcome':
    case 'session_end':
      return null;
    default:
      return assertNever(body);
  }
}

const plain = (kind: GateEvent['kind'], title: string, text: string, who: string | null = null): Said => ({
  ...{ kind, title, text, who },
  alarm: false,
  sessionId: null,
});

const alarm = (title: string, text: string, who: string): Said => ({
  ...plain('refusal', title, text, who),
  alarm: true,
});

const stages = { start_up: 'Start-up refused', log_in: 'Log-in refused', session: 'Session refused' } as const;

function refusal(body: Body<'login_refused'>): Said {
  const { stage, clientAddress, clientUid, user, database, agent, subject, reason } = body;
  const claims = [user === '' ? '' : `user "${user}"`, database === '' ? '' : `database "${database}"`].filter(Boolean);
  const claimed = claims.length === 0 ? '' : ` It claimed ${claims.join(' and ')}.`;
  const proved = agent === undefined || agent === null ? [] : [`${agent} (${subject ?? 'no subject'})`];
  const program = body.clientProgram == null ? [] : [`program ${body.clientProgram} (process ${body.clientPid})`];
  const uid = clientUid === undefined || clientUid === null ? [] : [`user id ${clientUid}`];
  return alarm(
    stage === undefined ? 'Client refused' : stages[stage],
    `${sentence(reason)}${claimed}`,
    [...proved, clientAddress, ...uid, ...program].join(', '),
  );
}

const totalOf = ({ startUps, logIns, sessions, cancels }: Body<'refusals_counted'>): number =>
  startUps + logIns + sessions + cancels;

function countedText(body: Body<'refusals_counted'>): string {
  const parts = [
    [body.startUps, 'start-up'],
    [body.logIns, 'log-in'],
    [body.sessions, 'session'],
    [body.cancels, 'cancel request'],
  ] as const;
  const kinds = parts.flatMap(([count, word]) => (count > 0 ? [counted(count, word)] : []));
  const seconds = Math.max(1, Math.round((body.until - body.since) / 1000));
  return `Within ${seconds} s, beyond those recorded one by one: ${kinds.join(', ')}. The last: ${sentence(body.lastReason)}`;
}

const credentialWords = { supplied: 'entered', forgotten: 'dropped', rejected: 'refused by the server' } as const;

function credential({ event, connection, by }: Body<'credential'>): Said {
  const title = `Password of ${connection} ${credentialWords[event]}`;
  return { ...plain('credential', title, '', by), alarm: event === 'rejected' };
}

const signInWords: Readonly<Record<Body<'sign_in'>['event'], string>> = {
  signed_in: 'Signed in',
  signed_out: 'Signed out',
  token_given: 'Token given to a program',
  token_refused: 'Token not given to a program',
};

function signIn({ event, subject, connection, by, reason }: Body<'sign_in'>): Said {
  const whose = `${subject}${connection === null ? '' : `, for ${connection}`}.`;
  return plain('credential', signInWords[event], reason === null ? whose : `${whose} ${sentence(reason)}`, by);
}

const sealWords: Readonly<Record<Body<'seal'>['event'], string>> = {
  sealed: 'Sealed anew',
  checked: 'Seal checked',
  completed: 'Save finished that was cut off',
  edited: 'Changed by another program',
  broken: 'Seal broken',
  accepted: 'Change from outside accepted',
  restored: 'What was sealed was put back',
};

function seal({ event, seal: path, counter, digest, reason, by }: Body<'seal'>): Said {
  const number = counter === null ? '' : ` Number ${counter},`;
  const why = reason === null ? '' : ` ${sentence(reason)}`;
  const text = `${path}.${why}${number} digest ${digest.slice(0, 16)}….`;
  return { ...plain('settings', sealWords[event], text, by), alarm: event === 'broken' || event === 'edited' };
}

const ofWhat = ({ sessionId }: Body<'journal_read'>): string =>
  sessionId === null ? 'Journal of the gate' : 'Session';

const retryWords: Readonly<Record<Body<'retry'>['event'], string>> = {
  offered: 'offered to the operator',
  issued: 'approved with a ticket',
  denied: 'denied',
  redeemed: 'ran on its ticket',
  refused: 'refused',
  expired: 'ticket expired',
  withdrawn: 'ticket withdrawn',
  replaced: 'asked again',
};

function decision(body: Body<'retry'> | Body<'sequence'>, title: string): Said {
  const { agent, subject, connection, statement, sessionId, by, via, reason } = body;
  const where = `Statement ${statement} of ${agent} (${subject}) on ${connection}.`;
  return {
    ...plain('decision', title, reason === null ? where : `${where} ${sentence(reason)}`),
    who: by === null ? null : `${by}${via === null ? '' : ` (${via})`}`,
    sessionId,
  };
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  const whole = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
