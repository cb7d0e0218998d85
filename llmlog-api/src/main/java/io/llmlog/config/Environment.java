package io.llmlog.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The variables of the environment, read once, with all that is wrong about them.
 *
 * <p>An empty variable counts as unset, as container files write it. Not thread-safe; used while a
 * program starts.
 */
public final class Environment {
  private static final String PREFIX = "LLMLOG_";

  private final Map<String, String> texts = new TreeMap<>();
  private final Map<Setting<?>, Object> values = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private Environment(Map<String, String> variables) {
    variables.forEach(
        (name, text) -> {
          if (!text.isEmpty()) {
            texts.put(name, text);
          }
        });
    Settings.all().forEach(this::read);
    texts.keySet().forEach(this::warnIfUnknown);
  }

  /** Reads the environment of the process. */
  public static Environment system() {
    return new Environment(System.getenv());
  }

  /** Reads variables that come from elsewhere. */
  public static Environment of(Map<String, String> variables) {
    return new Environment(variables);
  }

  /**
   * The value, or the default where the variable is unset or wrong.
   *
   * @throws IllegalArgumentException if it is unset and the setting has no default
   */
  public <T> T get(Setting<T> setting) {
    T value = find(setting);
    if (value == null) {
      throw new IllegalArgumentException(setting.name() + " is not set and has no default");
    }
    return value;
  }

  /** The value, or the default, or null where there is neither. */
  @SuppressWarnings("unchecked")
  public <T> @Nullable T find(Setting<T> setting) {
    return (T) values.get(setting);
  }

  /** Whether the variable has a text in this environment, right or wrong. */
  public boolean isSet(Setting<?> setting) {
    return texts.containsKey(setting.name());
  }

  /** The variable that names the queue here: one wins over the other. */
  public Setting<String> queueUrl() {
    return isSet(Settings.QUEUE_URL) ? Settings.QUEUE_URL : Settings.REDIS_URL;
  }

  /**
   * Adds an error that only the user of the value could find, such as a URL without its plug-in.
   */
  public void reject(Setting<?> setting, String why) {
    String text = texts.getOrDefault(setting.name(), setting.defaultText());
    problems.add(
        text == null ? setting.name() + " is not set: " + why : setting.problem(text, why));
  }

  /** Every error found so far, secrets masked. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** What is odd but no error: unknown variables that look like ours. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /**
   * Ends the reading.
   *
   * @throws ConfigException with every error, if there is any
   */
  public void throwIfWrong() {
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private <T> void read(Setting<T> setting) {
    String text = texts.get(setting.name());
    T value = text == null ? null : setting.parse(text);
    if (text != null && value == null) {
      problems.add(setting.problem(text, "must be " + setting.allowed()));
    }
    String defaultText = setting.defaultText();
    if (value == null && defaultText != null) {
      value = setting.parse(defaultText);
    }
    if (value != null) {
      values.put(setting, value);
    }
  }

  private void warnIfUnknown(String name) {
    if (!name.startsWith(PREFIX) || Settings.TEST_NAMES.contains(name)) {
      return;
    }
    String nearest = "";
    int least = Integer.MAX_VALUE;
    for (Setting<?> setting : Settings.all()) {
      int distance = distance(name, setting.name());
      if (distance == 0) {
        return;
      }
      if (distance < least) {
        least = distance;
        nearest = setting.name();
      }
    }
    warnings.add(name + " is unknown; the nearest known variable is " + nearest);
  }

  /** The distance of Levenshtein: how many letters must change, come or go. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(change, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
