/**
 * @module
 * `vite demo` looks for its configuration here; the one of the project is meant.
 */
export { default } from "../vite.config.js";
