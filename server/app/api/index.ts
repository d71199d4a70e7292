/** @module The control API: its routes, who may call them, and the document that describes them. */
export type { ConfigurationDesk } from './configuration-routes.ts';
export { type ApiSettings, registerControlApi } from './control-api.ts';
export { NO_LADDER } from './stream-schemas.ts';
export { qualitiesOf, rtmpUrlOf } from './stream-views.ts';
export type { Standing, ViewerRouteSettings } from './viewer-routes.ts';
