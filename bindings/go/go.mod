module tapeloop

go 1.19
