// A page of plots that stay as they are.
import { draw } from "./plot.js";

draw();
