// An order's page: its operations stay as they are in the hub.
import "./live.js";
