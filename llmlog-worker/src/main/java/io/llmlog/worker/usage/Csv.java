package io.llmlog.worker.usage;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A row as RFC 4180 has it. For use by one thread. */
public final class Csv {
  private static final Pattern SPECIAL = Pattern.compile("[\",\r\n]");
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

  private final List<String> fields = new ArrayList<>();

  /**
   * A text from any producer. One that a spreadsheet would run as a formula gets an apostrophe in
   * front, as OWASP's page on CSV injection has it.
   */
  public Csv text(String text) {
    boolean formula = !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0;
    return field(formula && !NUMBER.matcher(text).matches() ? "'" + text : text);
  }

  /** A field of our own making. */
  public Csv field(String field) {
    fields.add(SPECIAL.matcher(field).find() ? '"' + field.replace("\"", "\"\"") + '"' : field);
    return this;
  }

  /** The row with its end. */
  public String row() {
    return String.join(",", fields) + "\r\n";
  }
}
