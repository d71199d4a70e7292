import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask, me } from '../base/index.ts';

/** Follows a stream or no more, for who is signed in and is not its broadcaster. */
export function FollowButton({
  streamId,
  broadcasterId,
}: {
  readonly streamId: string;
  readonly broadcasterId: string;
}): VNode | null {
  const [isFollowing, setFollowing] = useState<boolean | null>(null);
  const [failed, setFailed] = useState('');
  const userId = me.value?.user?.id ?? null;
  const isOffered = userId !== null && userId !== broadcasterId;
  useEffect(() => {
    if (!isOffered) return;
    void ask('GET /api/streams/{id}/follow', { params: { id: streamId } }).then((answer) => {
      if (answer.failed === undefined) setFollowing(answer.value.isFollowing);
    });
  }, [streamId, isOffered]);
  if (!isOffered || isFollowing === null) return null;
  const change = async (): Promise<void> => {
    const request = { params: { id: streamId } };
    const answer = await (isFollowing
      ? ask('DELETE /api/streams/{id}/follow', request)
      : ask('POST /api/streams/{id}/follow', request));
    setFailed(answer.failed ?? '');
    if (answer.failed === undefined) setFollowing(answer.value.isFollowing);
  };
  return (
    <>
      <button
        type="button"
        class="follow"
        aria-pressed={isFollowing}
        title={isFollowing ? 'Follow it no more' : 'Some chats let only followers write'}
        onClick={() => void change()}
      >
        {isFollowing ? 'Following' : 'Follow'}
      </button>
      <span role="alert">{failed}</span>
    </>
  );
}
