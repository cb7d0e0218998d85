package io.llmlog.examples;

import io.llmlog.LlmCall;
import io.llmlog.LlmLogger;
import io.llmlog.event.LlmEvent;

/** A service that makes one LLM call and reports another; configured by its environment. */
public final class PlainService {
  /** Whatever the service calls its models with. */
  interface ChatClient {
    ChatResponse chat(String prompt);
  }

  record ChatResponse(String text, long inputTokens, long outputTokens) {}

  private PlainService() {}

  public static void main(String[] arguments) {
    serve(prompt -> new ChatResponse("Tell me about your last project.", 412, 9));
  }

  private static void serve(ChatClient client) {
    String prompt = "Ask a first question.";
    // tag::service
    try (LlmLogger llm = LlmLogger.fromEnvironment()) { // connects to nothing yet
      try (LlmCall call = llm.start("interview.question").companyId(7).model("gpt-4o-mini")) {
        ChatResponse answer = client.chat(prompt);
        call.tokens(answer.inputTokens(), answer.outputTokens()).succeed();
      } // ended by an exception, the call is recorded as an error: not_completed

      llm.log(LlmEvent.builder("cv.parse").model("claude-sonnet-4").tokensInput(812).build());
    } // delivers what is pending, for at most ten seconds
    // end::service
  }
}
