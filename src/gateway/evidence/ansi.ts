/** The few looks of the replay, as ECMA-48 SGR parameters. They follow the terminal's own palette, dark or light. */
const looks = {
  plain: '',
  bold: '1',
  dim: '2',
  red: '31',
  green: '32',
  yellow: '33',
  blue: '34',
  magenta: '35',
  cyan: '36',
  refusal: '1;31',
} as const;
export type Look = keyof typeof looks;

/** Wraps safe text so that the look ends with it. */
export function paint(look: Look, text: string): string {
  return looks[look] === '' || text === '' ? text : `\u001b[${looks[look]}m${text}\u001b[0m`;
}
