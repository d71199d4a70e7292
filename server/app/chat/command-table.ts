/** All commands of the chat, and how one is carried out. */
import type { ChatCommandView, Refusal } from '../../../contract/index.ts';
import type { PostOutcome } from '../../community/chat/index.ts';
import { type Command, type CommandRun, defineCommand, reaches } from './command.ts';
import { optionalWord } from './command-arguments.ts';

/** Commands by their names and aliases, which are looked for in whatever case. */
export class CommandTable {
  /** In the order of help and documentation. */
  readonly commands: readonly Command[];
  readonly #byName = new Map<string, Command>();

  /** Adds `/help` to the rows. Throws when a name is there twice. */
  constructor(rows: readonly Command[]) {
    this.commands = [this.#help(), ...rows];
    for (const command of this.commands) {
      for (const name of [command.name, ...command.aliases]) {
        if (this.#byName.has(name)) throw new Error(`The command /${name} is there twice`);
        this.#byName.set(name, command);
      }
    }
  }

  /** What is told of the commands, for completion and documentation. */
  get views(): readonly ChatCommandView[] {
    return this.commands.map(({ name, aliases, usage, help, who }) => {
      return { name, aliases, usage, help, who };
    });
  }

  /** Carries the command out, when who gave it may. */
  async run(run: CommandRun): Promise<PostOutcome> {
    const [name = ''] = run.line.split(' ', 1);
    const command = this.#byName.get(name.toLowerCase());
    if (command === undefined) return unknownCommand(name);
    if (reaches(run.rank, command.who)) return command.run(run, run.line.slice(name.length));
    const who = command.who === 'moderator' ? 'a moderator' : `the ${command.who}`;
    const detail = `Cannot run /${command.name}: it takes ${who} of this chat`;
    return { refused: 'forbidden', detail };
  }

  #help(): Command {
    return defineCommand({
      name: 'help',
      help: 'Lists the commands that you may give, or tells of one.',
      who: 'everybody',
      takes: { name: optionalWord('command') },
      run: ({ rank }, { name }) => {
        if (name === undefined) {
          const open = this.commands.filter(({ who }) => reaches(rank, who));
          const names = open.map((each) => `/${each.name}`).join(' ');
          return `Commands: ${names}. /help <command> tells more; // begins a message with a /.`;
        }
        const command = this.#byName.get(name.replace(/^\//, '').toLowerCase());
        if (command === undefined) return unknownCommand(name);
        return `${command.usage}: ${command.help}`;
      },
    });
  }
}

function unknownCommand(name: string): Refusal {
  const shown = `/${name.replace(/^\//, '').slice(0, 40)}`;
  const detail = `Cannot run ${shown}: there is no such command; /help lists them, // begins a message with a /`;
  return { refused: 'unknown_command', detail };
}
