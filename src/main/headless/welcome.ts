import { type AgentAddress, doubtWords, type SealView } from '../../contract/index.ts';
import { describeListener } from '../../gateway/door/host.ts';
import { changeLines } from '../seal/change-lines.ts';

export interface WelcomeFacts {
  readonly version: string;
  /** Why the desktop app did not open, or null when it was not wanted. */
  readonly whyNoDesktop: string | null;
  readonly demo: boolean;
  readonly listeners: readonly { readonly host: string; readonly port: number }[];
  readonly addresses: readonly AgentAddress[];
  /** Names of connections whose password the operator has yet to give. */
  readonly passwordsNeeded: readonly string[];
  readonly signInLink: string;
  /** True when somebody can press Enter: standard input is a terminal. */
  readonly enterPrintsLink: boolean;
  readonly journals: string;
  /** True when the output is a terminal that shows colours. */
  readonly colour: boolean;
}

/** What `postern open` prints when the console is ready. */
export function welcome(facts: WelcomeFacts): string {
  const bold = facts.colour ? (text: string) => `\u001b[1m${text}\u001b[22m` : (text: string) => text;
  const dim = facts.colour ? (text: string) => `\u001b[2m${text}\u001b[22m` : (text: string) => text;
  const gate = facts.listeners.map((listener) => describeListener(listener)).join(', ');
  const [address] = facts.addresses;
  const lines = [
    '',
    `  ${bold(`Postern ${facts.version}`)} is open on ${gate}${facts.demo ? ', with the demo database' : ''}.`,
    ...(facts.whyNoDesktop === null ? [] : [dim(`  The console opens in the browser: ${facts.whyNoDesktop}.`)]),
    '',
    `  ${bold('Operator')}  sign in once with this link (${facts.enterPrintsLink ? 'Enter prints a fresh one' : 'a restart prints a fresh one'})`,
    `    ${facts.signInLink}`,
    '',
    ...(address === undefined ? noAgent(bold) : agentLines(address, bold)),
    ...(facts.demo ? [dim('  The demo agent has a new key at every start; keys of your own agents stay.')] : []),
    ...(facts.passwordsNeeded.length === 0
      ? []
      : [
          `  ${bold('Passwords')} are needed for ${facts.passwordsNeeded.join(', ')}: give them in the console, under Connections`,
          '',
        ]),
    dim(`  Journals: ${facts.journals}`),
    dim('  Ctrl+C closes the gate.'),
    '',
  ];
  return lines.join('\n');
}

function agentLines({ url, psql, claude, connection }: AgentAddress, bold: (text: string) => string): string[] {
  return [
    `  ${bold('Agent')}     connection ${connection}; any client works, unchanged`,
    `    ${url}`,
    '',
    `  ${bold('psql')}`,
    `    ${psql}`,
    '',
    `  ${bold('Claude Code')}`,
    `    ${claude}`,
    '',
  ];
}

function noAgent(bold: (text: string) => string): string[] {
  return [`  ${bold('Agent')}     there is none yet: make one in the console, under Connections`, ''];
}

/** What `postern open` prints when the operator has to decide about the seal first. */
export function sealWelcome({
  version,
  view,
  signInLink,
  enterPrintsLink,
  colour,
}: Pick<WelcomeFacts, 'version' | 'signInLink' | 'enterPrintsLink' | 'colour'> & { readonly view: SealView }): string {
  const bold = colour ? (text: string) => `\u001b[1m${text}\u001b[22m` : (text: string) => text;
  const what =
    view.doubt === null
      ? `${view.subject} is sealed, and its passphrase is needed.`
      : doubtWords(view.doubt, view.subject);
  return [
    '',
    `  ${bold(`Postern ${version}`)} is not open: no agent can connect, and no database was reached.`,
    `  ${what}`,
    ...changeLines(view).slice(0, 20),
    '',
    `  ${bold('Operator')}  decide in the console; this link signs in once (${enterPrintsLink ? 'Enter prints a fresh one' : 'a restart prints a fresh one'})`,
    `    ${signInLink}`,
    '',
    '  Ctrl+C ends Postern and leaves everything as it is.',
    '',
  ].join('\n');
}
