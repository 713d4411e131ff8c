// The agents page: live cards, commands to copy.
import "./live.js";
import "./copy.js";
