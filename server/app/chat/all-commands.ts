import type { ChatDesk } from './chat-desk.ts';
import type { ChatStage } from './chat-stage.ts';
import { CommandTable } from './command-table.ts';
import { moderationCommands } from './moderation-commands.ts';
import { roomCommands } from './room-commands.ts';
import { stageCommands } from './stage-commands.ts';

/** Every command of the chat, in the order of help and documentation. Other parts add theirs here. */
export function chatCommands(desk: ChatDesk, stage: ChatStage): CommandTable {
  return new CommandTable([
    ...roomCommands(async (run, changes) => {
      await desk.moderation.change(desk.moderatorOf(run), changes);
    }),
    ...moderationCommands(desk),
    ...stageCommands(stage),
  ]);
}
