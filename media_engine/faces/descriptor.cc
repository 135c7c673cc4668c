/*
 * descriptor.cc - the recognition net of dlib's author, as he defined it: a
 * ResNet of 29 layers, whose public-domain weights are in a file.
 */

#include "descriptor.h"

#include <stdexcept>

#include <dlib/dnn.h>

namespace faces {

/* The shape that the weights were trained in: the file fits no other. */
template <template <int, template <typename> class, int, typename> class block,
          int N, template <typename> class norm, typename below>
using residual = dlib::add_prev1<block<N, norm, 1, dlib::tag1<below>>>;

template <template <int, template <typename> class, int, typename> class block,
          int N, template <typename> class norm, typename below>
using residual_down = dlib::add_prev2<dlib::avg_pool<2, 2, 2, 2,
    dlib::skip1<dlib::tag2<block<N, norm, 2, dlib::tag1<below>>>>>>;

template <int N, template <typename> class norm, int stride, typename below>
using block = norm<dlib::con<N, 3, 3, 1, 1,
    dlib::relu<norm<dlib::con<N, 3, 3, stride, stride, below>>>>>;

template <int N, typename below>
using same = dlib::relu<residual<block, N, dlib::affine, below>>;

template <int N, typename below>
using down = dlib::relu<residual_down<block, N, dlib::affine, below>>;

template <typename below> using level0 = down<256, below>;
template <typename below> using level1
    = same<256, same<256, down<256, below>>>;
template <typename below> using level2
    = same<128, same<128, down<128, below>>>;
template <typename below> using level3
    = same<64, same<64, same<64, down<64, below>>>>;
template <typename below> using level4
    = same<32, same<32, same<32, below>>>;

typedef dlib::loss_metric<dlib::fc_no_bias<128, dlib::avg_pool_everything<
    level0<level1<level2<level3<level4<
    dlib::max_pool<3, 3, 2, 2, dlib::relu<dlib::affine<
    dlib::con<32, 7, 7, 2, 2, dlib::input_rgb_image_sized<CHIP_SIDE>
    >>>>>>>>>>>> net_t;

static net_t net;


void
descriptor_load(const std::string &file)
{
    dlib::deserialize(file) >> net;
}


descriptor_t
describe(const image_t &chip)
{
    dlib::matrix<dlib::rgb_pixel> pixels;

    dlib::assign_image(pixels, chip);
    return net(pixels);
}

}
