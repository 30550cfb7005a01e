package io.podseal.protocol.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.HashSet;
import java.util.Set;

/**
 * Loads the protocol anew with its steps counted in {@link Steps}: each call of one of its methods,
 * lambdas and accessors among them, and each jump backwards. Clock and load have no part in that;
 * only the order of the JDK's immutable sets varies from run to run, by a few dozen steps. What a
 * collection does is seen by what it calls: comparators, consumers, and {@code equals}, which every
 * class gets for that. {@code bench} itself is not counted.
 */
final class StepLoader extends ClassLoader {
  private static final String COUNTED = "io.podseal.protocol.";
  private static final String NOT_COUNTED = "io.podseal.protocol.bench.";
  private static final ClassDesc STEPS = ClassDesc.of(Steps.class.getName());
  private static final MethodTypeDesc EQUALS =
      MethodTypeDesc.of(ConstantDescs.CD_boolean, ConstantDescs.CD_Object);

  StepLoader() {
    super(StepLoader.class.getClassLoader());
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(COUNTED)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      byte[] octets = name.startsWith(NOT_COUNTED) ? octets(name) : counted(octets(name));
      return defineClass(name, octets, 0, octets.length);
    }
  }

  private byte[] octets(String name) throws ClassNotFoundException {
    try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] counted(byte[] octets) {
    ClassFile file = ClassFile.of();
    ClassModel model = file.parse(octets);
    boolean ownEquals =
        model.methods().stream()
            .anyMatch(
                m -> m.methodName().equalsString("equals") && m.methodTypeSymbol().equals(EQUALS));
    boolean plain =
        !model.flags().has(AccessFlag.INTERFACE)
            && model.superclass().orElseThrow().asSymbol().equals(ConstantDescs.CD_Object);
    ClassTransform steps =
        ClassTransform.transformingMethodBodies(CodeTransform.ofStateful(StepCounting::new));
    if (ownEquals || !plain) {
      return file.transformClass(model, steps);
    }
    return file.transformClass(
        model,
        steps.andThen(
            ClassTransform.endHandler(builder ->
                builder.withMethodBody(
                    "equals", EQUALS, ClassFile.ACC_PUBLIC, StepLoader::identity))));
  }

  private static void identity(CodeBuilder code) {
    step(code);
    code.aload(0)
        .aload(1)
        .ifThenElse(
            Opcode.IF_ACMPEQ,
            same -> same.iconst_1().ireturn(),
            other -> other.iconst_0().ireturn());
  }

  private static void step(CodeBuilder code) {
    code.invokestatic(STEPS, "step", ConstantDescs.MTD_void);
  }

  /** Counts in one method. */
  private static final class StepCounting implements CodeTransform {
    private final Set<Label> behind = new HashSet<>();

    @Override
    public void atStart(CodeBuilder code) {
      step(code);
    }

    @Override
    public void accept(CodeBuilder code, CodeElement element) {
      if (element instanceof LabelTarget target) {
        behind.add(target.label());
      } else if (element instanceof BranchInstruction branch && behind.contains(branch.target())) {
        step(code);
      }
      code.with(element);
    }
  }
}
