// The stops page: a live list.
import "./live.js";
