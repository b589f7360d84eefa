module tapeloop-resume

go 1.19

require tapeloop v0.0.0

replace tapeloop => ../../bindings/go
