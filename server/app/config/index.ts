/** @module What the server can be told, by environment, `.env` file or command line. */
export {
  type Asked,
  type Configuration,
  type RunRequest,
  readConfiguration,
} from './configuration.ts';
export { writeHelp, writeReferenceTable } from './reference.ts';
export { RunningSettings, type SettingChanges, type SettingView } from './running-settings.ts';
export type { SettingName } from './settings.ts';
