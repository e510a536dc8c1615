import { backend } from '../wire/constants.ts';
import { MessageBuilder } from '../wire/message-builder.ts';
import { MessageReader } from '../wire/message-reader.ts';

/** The same NotificationResponse with an empty payload: on a masked connection a payload may hold a row. */
export function withoutPayload(frame: Buffer): Buffer {
  const reader = new MessageReader(frame);
  const processId = reader.int32();
  const channel = reader.cbytes().toString('utf8');
  return new MessageBuilder(backend.notificationResponse).int32(processId).cstring(channel).cstring('').build();
}
