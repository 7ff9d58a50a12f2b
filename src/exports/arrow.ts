/**
 * `cloudcrop/arrow`: results as tables of Apache Arrow; needs the package `apache-arrow` beside this one.
 *
 * @module
 */
export { type ArrowFacts, type ToArrowOptions, toArrow } from "../arrow/to-arrow.js";
