package io.llmlog.faults;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random mixtures of the faults, from the seed of the run. */
class MixtureIT extends FaultTests {
  @Tag("short")
  @ParameterizedTest(name = "round {0}")
  @MethodSource("few")
  void afewFaultsAtOnce_loseNothing(int round) throws Exception {
    new Mixture(scene()).run();
  }

  @Tag("chaos")
  @ParameterizedTest(name = "round {0} of many")
  @MethodSource("many")
  void manyRoundsOfFaultsAtOnce_loseNothing(int round) throws Exception {
    new Mixture(scene()).run();
  }

  static Stream<Integer> few() {
    return IntStream.rangeClosed(1, 2).boxed();
  }

  static Stream<Integer> many() {
    return IntStream.rangeClosed(1, 15).boxed();
  }
}
