package io.llmlog.worker.dashboard;

import io.javalin.http.Context;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request: all of them known, none too long, those that stand once there once
 * at most. What is wrong is refused with a sentence that names parameter, value and what is
 * allowed.
 */
final class Asked {
  static final int LONGEST = 500;

  /** What a page filters by, in the order of the page. */
  static final List<Dimension> DIMENSIONS =
      List.of(
          Dimension.COMPANY,
          Dimension.MODEL,
          Dimension.ACTION,
          Dimension.PROVIDER,
          Dimension.ENVIRONMENT);

  private static final int MOST_VALUES = 50;
  private static final String ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";
  private static final Instant FIRST = Instant.parse("1970-01-01T00:00:00Z");
  private static final Instant END = Instant.parse("9999-12-31T00:00:00Z");

  private final Map<String, List<String>> values;

  private Asked(Map<String, List<String>> values) {
    this.values = values;
  }

  /**
   * @param known the parameters that there may be beside those of {@link #DIMENSIONS}, each once
   * @param dimensions whether there may be those, each several times
   */
  static Asked of(Context request, Set<String> known, boolean dimensions) throws Refusal {
    Map<String, List<String>> values;
    try {
      values = new LinkedHashMap<>(request.queryParamMap());
    } catch (IllegalArgumentException e) {
      throw Refusal.badRequest("the query of the address is not URL-encoded UTF-8");
    }
    Set<String> many =
        dimensions ? DIMENSIONS.stream().map(Asked::name).collect(Collectors.toSet()) : Set.of();
    for (Map.Entry<String, List<String>> each : values.entrySet()) {
      check(each.getKey(), each.getValue(), known, many);
    }
    return new Asked(values);
  }

  private static void check(String name, List<String> given, Set<String> known, Set<String> many)
      throws Refusal {
    if (!known.contains(name) && !many.contains(name)) {
      List<String> all = new ArrayList<>(known);
      all.addAll(many);
      all.sort(null);
      throw Refusal.badRequest(
          "unknown parameter %s: must be %s"
              .formatted(
                  Said.quoted(name), all.isEmpty() ? "none" : "one of " + String.join(", ", all)));
    }
    int most = many.contains(name) ? MOST_VALUES : 1;
    if (given.size() > most) {
      throw Refusal.badRequest(
          "%s: must be given %d %s at most".formatted(name, most, most == 1 ? "time" : "times"));
    }
    for (String value : given) {
      if (value.length() > LONGEST) {
        throw wrong(name, value, "must be at most " + LONGEST + " characters");
      }
      if (value.indexOf('\0') >= 0) {
        throw wrong(name, value, "must not contain NUL");
      }
    }
  }

  static Refusal wrong(String name, String value, String allowed) {
    return Refusal.badRequest(name + "=" + Said.quoted(value) + ": " + allowed);
  }

  static String name(Dimension dimension) {
    return dimension.name().toLowerCase(Locale.ROOT);
  }

  /** As it is, or null where it is missing or empty. */
  @Nullable String text(String name) {
    List<String> given = values.get(name);
    return given == null || given.isEmpty() || given.get(0).isEmpty() ? null : given.get(0);
  }

  String oneOf(String name, String unlessSaid, List<String> allowed) throws Refusal {
    String value = text(name);
    if (value != null && !allowed.contains(value)) {
      throw wrong(name, value, "must be one of " + String.join(", ", allowed));
    }
    return value == null ? unlessSaid : value;
  }

  int number(String name, int unlessSaid, int most) throws Refusal {
    String value = text(name);
    if (value == null) {
      return unlessSaid;
    }
    if (!value.matches("[0-9]{1,9}")
        || Integer.parseInt(value) < 1
        || Integer.parseInt(value) > most) {
      throw wrong(name, value, "must be a whole number, 1 to " + most);
    }
    return Integer.parseInt(value);
  }

  @Nullable Instant time(String name) throws Refusal {
    String value = text(name);
    if (value == null) {
      return null;
    }
    try {
      Instant time = OffsetDateTime.parse(value).toInstant();
      if (time.isBefore(FIRST) || !time.isBefore(END)) {
        throw wrong(name, value, "must be in the years 1970 to 9998");
      }
      return time;
    } catch (DateTimeException e) {
      throw wrong(name, value, "must be a time such as 2026-11-01T09:00:00Z");
    }
  }

  Dimension dimension(String name, Dimension unlessSaid) throws Refusal {
    List<String> allowed = DIMENSIONS.stream().map(Asked::name).toList();
    return Dimension.valueOf(oneOf(name, name(unlessSaid), allowed).toUpperCase(Locale.ROOT));
  }

  /** What the calls must be; an empty value stands for calls that have none. */
  List<Filter> filters() throws Refusal {
    List<Filter> filters = new ArrayList<>();
    for (Dimension dimension : DIMENSIONS) {
      for (String value : values.getOrDefault(name(dimension), List.of())) {
        try {
          filters.add(new Filter(dimension, value.isEmpty() ? null : value));
        } catch (IllegalArgumentException e) {
          throw wrong(name(dimension), value, "must be a whole number, or empty for calls of none");
        }
      }
    }
    return filters;
  }

  /** A range that is neither empty nor too long. */
  static void checkRange(Instant from, Instant to, Duration longest) throws Refusal {
    if (!from.isBefore(to)) {
      throw Refusal.badRequest("to=%s: must be after from=%s".formatted(to, from));
    }
    if (Duration.between(from, to).compareTo(longest) > 0) {
      throw Refusal.badRequest(
          "from=%s to=%s: must be at most %d days".formatted(from, to, longest.toDays()));
    }
  }

  static UUID id(String name, String value) throws Refusal {
    if (!value.matches(ID)) {
      throw wrong(name, value, "must be an id such as 01890a5d-ac96-774b-bcce-b302099a8057");
    }
    return UUID.fromString(value);
  }
}
