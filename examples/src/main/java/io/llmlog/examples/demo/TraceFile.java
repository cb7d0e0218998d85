package io.llmlog.examples.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Reads a trace of LLM calls in the form of the Azure Public Dataset: a header, then one line per
 * call.
 *
 * <pre>
 * TIMESTAMP,ContextTokens,GeneratedTokens
 * 2023-11-16 18:17:03.9799600,4808,10
 * </pre>
 *
 * <p>Times are UTC with up to nine digits of a second, cut to microseconds. Lines end with LF or
 * CRLF; the last one needs no end.
 */
final class TraceFile {
  private static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens";
  private static final Pattern TOKENS = Pattern.compile("\\d{1,10}");
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd HH:mm:ss")
          .optionalStart()
          .appendFraction(ChronoField.NANO_OF_SECOND, 1, 9, true)
          .optionalEnd()
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  /** How much of a bad line an error shows. */
  private static final int SHOWN = 80;

  private TraceFile() {}

  /**
   * The calls of the file, in its order.
   *
   * @throws BadTraceException at the first line that is none, or if there is no call at all
   */
  static List<Usage> read(Path file) throws IOException, BadTraceException {
    List<Usage> calls = new ArrayList<>();
    int number = 1;
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      String header = lines.readLine();
      if (!HEADER.equals(header)) {
        throw bad(file, number, header == null ? "" : header, "must be the header " + HEADER);
      }
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        calls.add(parse(file, number, line));
      }
    } catch (CharacterCodingException e) {
      throw new BadTraceException(file + ": after line " + number + ": must be UTF-8");
    }
    if (calls.isEmpty()) {
      throw new BadTraceException(file + ": must have at least one call after its header");
    }
    return calls;
  }

  private static Usage parse(Path file, int number, String line) throws BadTraceException {
    String[] fields = line.split(",", -1);
    if (fields.length != 3) {
      throw bad(file, number, line, "must have the three fields " + HEADER);
    }
    return new Usage(
        time(file, number, fields[0]),
        tokens(file, number, "ContextTokens", fields[1]),
        tokens(file, number, "GeneratedTokens", fields[2]));
  }

  private static Instant time(Path file, int number, String text) throws BadTraceException {
    try {
      return LocalDateTime.parse(text, TIME)
          .toInstant(ZoneOffset.UTC)
          .truncatedTo(ChronoUnit.MICROS);
    } catch (DateTimeException e) {
      throw bad(
          file, number, text, "TIMESTAMP must be a UTC time such as 2023-11-16 18:17:03.9799600");
    }
  }

  private static long tokens(Path file, int number, String field, String text)
      throws BadTraceException {
    if (!TOKENS.matcher(text).matches()) {
      throw bad(file, number, text, field + " must be a whole number from 0 to 9999999999");
    }
    return Long.parseLong(text);
  }

  private static BadTraceException bad(Path file, int number, String text, String allowed) {
    String shown = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
    return new BadTraceException(file + ", line " + number + ": '" + shown + "': " + allowed);
  }
}
