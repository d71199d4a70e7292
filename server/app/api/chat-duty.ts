/** What the routes share that moderate a chat: each asks the room what who asks is there. */
import type { Refusal } from '../../../contract/index.ts';
import type { ChatDesk, OnDuty, Rank } from '../chat/index.ts';
import type { Call, RouteFacts } from './route.ts';

/** Facts of every such route. */
export const DUTY_FACTS = {
  tag: 'chat',
  access: { action: 'chat.post' },
  problems: ['stream_not_found', 'chat_unavailable'],
} as const satisfies Partial<RouteFacts>;

/** Whoever asks, when the room lets them: whoever may not write there does nothing else either. */
export function onDuty(
  desk: ChatDesk,
  {
    params,
    principal,
    actor,
  }: Pick<Call<{ id: string }, unknown, unknown>, 'params' | 'principal' | 'actor'>,
  { verb, who = 'moderator' }: { readonly verb: string; readonly who?: Rank },
): Promise<OnDuty | Refusal> {
  const { remoteAddress } = actor;
  return desk.onDuty({ streamId: params.id, principal, verb, who, remoteAddress });
}
