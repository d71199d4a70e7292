/** @module Looks at what this machine has and can do, and says how to mend what is wrong. */
export { examine } from './examine.ts';
export { writeDiagnosis } from './report.ts';
