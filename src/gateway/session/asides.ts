import { parameterStatusAllowed, scrubNotification } from '../masking/doors.ts';
import { scrubFields } from '../masking/scrub.ts';
import type { MaskingProfile } from '../masking/types.ts';
import { backend } from '../wire/constants.ts';
import {
  decodeFields,
  decodeFieldsOfHead,
  decodeParameterStatus,
  decodeParameterStatusOfHead,
} from '../wire/decode-backend.ts';
import { fieldsMessage } from '../wire/encode-backend.ts';
import type { NoticeFields } from '../wire/fields.ts';
import { MessagePart } from '../wire/message-stream.ts';
import { withoutPayload } from './notification.ts';
import type { Recorder } from './recorder.ts';
import type { RunningStatement } from './running-statement.ts';

export interface AsidesOptions {
  readonly recorder: Recorder;
  readonly send: (frame: Buffer) => void;
  /** The masks of this moment. */
  readonly profile: () => MaskingProfile;
  readonly parameterChanged: (name: string, value: string) => void;
}

/**
 * What the server says beside its answers, and its errors: texts that may quote a value. A message comes whole or by its
 * head; what is sent of the head is sent of the rest.
 */
export class Asides {
  readonly #options: AsidesOptions;

  constructor(options: AsidesOptions) {
    this.#options = options;
  }

  /** The frame of an error or notice as the client may see it, and its fields. At a Sync it comes from deferred constraints and triggers: any code, any row. */
  shown(
    message: Buffer | MessagePart,
    running: RunningStatement | null,
    atSync: boolean,
  ): { readonly frame: Buffer; readonly fields: NoticeFields } {
    const cut = message instanceof MessagePart;
    const fields = cut ? decodeFieldsOfHead(message) : decodeFields(message);
    const frame = cut ? message.bytes : message;
    // Half a text is no text that could be known to be harmless.
    const judged = cut ? { ...fields, M: '' } : fields;
    const shown = this.#scrub(judged, running, atSync);
    return shown === judged ? { frame, fields } : { frame: fieldsMessage(frame[0] as number, shown), fields: shown };
  }

  notice(message: Buffer | MessagePart, running: RunningStatement | null, atSync: boolean): void {
    const { frame, fields } = this.shown(message, running, atSync);
    this.record(fields, running);
    this.#options.send(frame);
  }

  notification(frame: Buffer): void {
    this.#options.send(scrubNotification(this.#options.profile()) === 'forward' ? frame : withoutPayload(frame));
  }

  parameterStatus(message: Buffer | MessagePart): void {
    const cut = message instanceof MessagePart;
    const { name, value } = cut ? decodeParameterStatusOfHead(message) : decodeParameterStatus(message);
    this.#options.parameterChanged(name, value);
    if (!this.#options.profile().active || (!cut && parameterStatusAllowed(name, value))) {
      this.#options.send(cut ? message.bytes : message);
    }
  }

  record(shown: NoticeFields, running: RunningStatement | null): void {
    this.#options.recorder.append({
      type: 'notice',
      statement: running?.seq ?? null,
      severity: shown.S ?? 'NOTICE',
      sqlstate: shown.C ?? '00000',
      message: (shown.M ?? '').slice(0, 1000),
    });
  }

  #scrub(fields: NoticeFields, running: RunningStatement | null, atSync: boolean): NoticeFields {
    if (running !== null) return running.judged.masking?.scrub(fields) ?? fields;
    return atSync && this.#options.profile().active ? scrubFields(fields, '', true) : fields;
  }
}

/** Types of messages that a client can be told of by their head alone. */
export const isAside = (type: number): boolean =>
  type === backend.errorResponse ||
  type === backend.noticeResponse ||
  type === backend.parameterStatus ||
  type === backend.notificationResponse;
