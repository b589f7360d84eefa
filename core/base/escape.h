// Text of the program's inside of text formats: as each of them spells what it cannot hold as it is. What is not UTF-8 becomes the
// replacement character U+FFFD, so that a file is valid whatever a name holds.
#pragma once

#include <string>

namespace tl {

// With quotes around it: a JSON string (RFC 8259).
std::string json_text(const std::string& text);
// A JSON number, or, for what JSON has no number for, one of the strings "NaN", "Infinity" and "-Infinity", as the JSON mapping of
// protobuf has them.
std::string json_number(double value);
// For elements and attributes of XML 1.0, whose control characters become U+FFFD.
std::string xml_text(const std::string& text);
// With quotes around it: an ID of Graphviz's DOT, in which lines end with \n.
std::string dot_text(const std::string& text);

}  // namespace tl
